"""Rules of the service that several families of routes share."""
