"""What Evenflow knows of the insides of FastAPI and Starlette: nothing outside this folder uses their private names."""
