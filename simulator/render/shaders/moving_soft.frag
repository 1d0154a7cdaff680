// Light from the corners.
in float light;
in float axis_depth;
layout(location = 0) out float seen_light;
layout(location = 1) out float seen_depth;

void main() {
    seen_light = light;
    seen_depth = axis_depth;
}
