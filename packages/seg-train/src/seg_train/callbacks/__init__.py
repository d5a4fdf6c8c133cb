"""What happens after each epoch besides the numbers: pictures. Each is a plain function with a name in the record."""
