"""What is really in a picture: boxes, visible shares, distances; tracks, labels and COCO tables."""
