"""What a crop stream looks like: crops, visits, shares and acceptance as pictures, tables and one page."""
