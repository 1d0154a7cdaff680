// Square tiles of the picture, drawn as points: middles in pixels of `canvas`.
in vec2 in_px;
uniform vec2 canvas;
uniform float side_px;  // in pixels of the bound framebuffer
void main() {
    gl_Position = vec4(in_px / canvas * 2.0 - 1.0, 0.0, 1.0);
    gl_PointSize = side_px;
}
