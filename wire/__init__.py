"""What goes over MQTT between a node and the alarm centre; used by both ends."""
