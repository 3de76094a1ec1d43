"""A parcel depot, as apps are written every day: with mistakes in it, which are marked, and clean look-alikes."""
