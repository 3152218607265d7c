"""A made-up software company, played day by day, and the messy landing data it leaves behind."""
