// Casters seen from a lamp, into one tile of the atlas.
in vec3 in_at;
uniform vec3 from;
uniform vec3 aim;
uniform vec2 map;  // tan of the half angle, nearest m
const float FARTHEST = 200.0;

vec3 any_across(vec3 aim) {
    return normalize(cross(aim, abs(aim.z) < 0.9 ? vec3(0.0, 0.0, 1.0) : vec3(1.0, 0.0, 0.0)));
}

void main() {
    vec3 off = in_at - from;
    vec3 across = any_across(aim);
    float along = dot(off, aim);
    float z = (along * (FARTHEST + map.y) - 2.0 * FARTHEST * map.y) / (FARTHEST - map.y);
    gl_Position = vec4(vec2(dot(off, across), dot(off, cross(across, aim))) / map.x, z, along);
}
