"""The hub itself: settings, engine, web pages, command line. It composes everything else."""
