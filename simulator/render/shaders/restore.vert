// Tiles in the moments' pictures, as points: `wide` of them side by side make a tile.
in vec2 in_px;
uniform vec2 canvas;  // the framebuffer's size
uniform float side_px;
uniform vec2 grow;    // of the picture's pixels to the moments'
uniform int wide;
uniform ivec2 corners[4];
flat out int part;
void main() {
    part = gl_InstanceID / wide;
    vec2 px = in_px * grow + vec2(corners[part]);
    px.x += (float(gl_InstanceID % wide) - 0.5 * float(wide - 1)) * side_px;
    gl_Position = vec4(px / canvas * 2.0 - 1.0, 0.0, 1.0);
    gl_PointSize = side_px;
}
