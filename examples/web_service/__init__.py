"""A web service that carries out plans, and goes on with them when it is started again."""
