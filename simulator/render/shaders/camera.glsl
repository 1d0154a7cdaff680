// The pinhole: right, down, ahead are world vectors; pinhole = (middle x, middle y, focal length) in pixels.
uniform vec3 lens;
uniform vec3 right;
uniform vec3 down;
uniform vec3 ahead;
uniform vec3 pinhole;

const float SKY = 1.0e6;  // an axis depth beyond this is sky

vec3 ray(vec2 px) {
    vec2 off = (px - pinhole.xy) / pinhole.z;
    return right * off.x + down * off.y + ahead;
}

// A world point in clip space of the pinhole over a picture of `size` pixels; w is the depth along the axis.
// The picture's top row is the framebuffer's first row. `lattice` scales and shifts its pixels.
uniform vec2 size;

vec4 seen_at(vec3 at, vec4 lattice) {
    vec3 off = at - lens;
    float depth = dot(off, ahead);
    vec2 px = vec2(dot(off, right), dot(off, down)) * pinhole.z + pinhole.xy * depth;
    px = px * lattice.xy + lattice.zw * depth;
    const float near = 0.2;
    const float far = 4000.0;
    float z = (depth * (far + near) - 2.0 * far * near) / (far - near);
    return vec4(px / size * 2.0 - depth, z, depth);
}

vec4 seen(vec3 at) { return seen_at(at, vec4(1.0, 1.0, 0.0, 0.0)); }
