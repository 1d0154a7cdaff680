// A soft dark patch under a body: a rectangle on the ground about its footprint.
in vec2 in_corner;
uniform vec4 place;  // middle x, y, half length, half width
uniform vec4 turn;   // axis x, y, reach m, strength
out vec2 spot;
void main() {
    spot = in_corner * (place.zw + turn.z);
    vec2 at = place.xy + turn.xy * spot.x + vec2(-turn.y, turn.x) * spot.y;
    gl_Position = seen(vec3(at, 0.0));
}
