"""What helps to test apps, and Evenflow itself. No app needs it while it serves."""
