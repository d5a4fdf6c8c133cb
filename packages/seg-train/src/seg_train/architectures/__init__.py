"""Networks, built of Keras layers that every Keras can load."""
