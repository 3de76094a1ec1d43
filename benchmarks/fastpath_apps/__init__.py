"""The same API, written for each framework as its documentation would write it."""
