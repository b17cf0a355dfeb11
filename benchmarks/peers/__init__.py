"""What people deploy with otherwise, set up as their manuals advise for many hosts."""
