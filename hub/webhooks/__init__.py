"""What happens, told to integrators' programs: signed notices, posted in order and tried again for days."""
