// A moving solid's shadow on the flat ground, from a lamp above it.
in vec3 in_at;
uniform vec3 from;
out float axis_depth;
void main() {
    float drop = from.z - in_at.z;
    vec3 at = from + (in_at - from) * (from.z / max(drop, 0.05));
    at.z = 0.0;
    gl_Position = seen(at);
    axis_depth = gl_Position.w;
    if (drop < 0.3) gl_Position = vec4(0.0, 0.0, 2.0, -1.0);
}
