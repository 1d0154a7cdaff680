// The interpolated normal, turned to the lens where a thin sheet is seen from behind.
vec3 turned_to_lens(vec3 smooth_normal, vec3 at, vec3 to_lens) {
    vec3 face = cross(dFdx(at), dFdy(at));
    if (dot(face, to_lens) < 0.0) face = -face;
    vec3 unit = normalize(smooth_normal + vec3(0.0, 0.0, 1.0e-9));
    return dot(unit, face) < 0.0 ? -unit : unit;
}
