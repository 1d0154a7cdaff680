// Rectangles of the picture, in pixels of the bound framebuffer.
in vec2 in_px;
uniform vec2 canvas;
void main() { gl_Position = vec4(in_px / canvas * 2.0 - 1.0, 0.0, 1.0); }
