// How surfaces answer to light. Linear; a diffuse surface has luminance albedo * irradiance.
struct Surface {
    vec3 at;
    vec3 normal;
    vec3 to_lens;
    float albedo;
    float gloss;
    float roughness;
    float retro;
};

// The infrared lamp: place, axis, half width of the hot centre (render/beam.py has the same formula).
uniform vec3 infrared_at;
uniform vec3 infrared_aim;
uniform float beam_rad;

float infrared_irradiance(vec3 at) {
    vec3 away = at - infrared_at;
    float far = max(length(away), 1.0e-6);
    // the angle from the chord between the two unit vectors: acos() is coarse near the axis
    float chord = length(away / far - infrared_aim);
    float turned = 2.0 * asin(min(chord * 0.5, 1.0)) / beam_rad;
    float wide = turned / 1.75;
    wide *= wide;
    float profile = 0.65 * exp(-turned * turned) + 0.35 * exp(-wide * wide);
    far = max(far, 0.5);
    return 144.0 * profile / (far * far);
}

// A lobe about the mirror's direction (Blinn-Phong, normalised), stronger at grazing angles (Schlick).
float glint(Surface s, vec3 towards) {
    vec3 between = normalize(towards + s.to_lens);
    float width = clamp(s.roughness, 0.07, 1.0);
    float power = 2.0 / (width * width);
    float grazing = 1.0 - max(dot(s.to_lens, between), 0.0);
    grazing *= grazing * grazing * grazing * grazing;
    float mirror = s.gloss * (0.20 + 0.80 * grazing);
    float lobe = (power + 2.0) * 0.125 * pow(max(dot(s.normal, between), 0.0), power);
    return min(mirror * lobe, 40.0) * smoothstep(0.0, 0.05, dot(s.normal, towards));
}

// Rough surfaces lit from beside the lens look flatter than Lambert's law says (Oren, Nayar 1994).
float infrared_answer(Surface s) {
    float facing = max(dot(s.normal, s.to_lens), 0.0);
    float diffuse = s.albedo * pow(max(facing, 1.0e-4), 0.6) * step(1.0e-4, facing);
    float back = s.retro * smoothstep(0.03, 0.45, facing);
    return diffuse + back + glint(s, s.to_lens);
}

// To a lamp elsewhere.
float lamp_answer(Surface s, vec3 towards) {
    return s.albedo * max(dot(s.normal, towards), 0.0) + glint(s, towards);
}

// What the sky's light does; `open_sky` is the share of it (0..1) that reaches the spot, weighted by the cosine.
float sky_answer(Surface s, float open_sky) {
    float grazing = 1.0 - max(dot(s.normal, s.to_lens), 0.0);
    grazing *= grazing * grazing * grazing * grazing;
    vec3 mirrored = reflect(-s.to_lens, s.normal);
    float above = smoothstep(-0.1, 0.25, mirrored.z);
    return s.albedo * open_sky + s.gloss * (0.06 + 0.6 * grazing) * mix(0.08, 0.8, above) * open_sky;
}

// One lamp: `aim.w` is the cone's half angle (over 3.15: all round); `hood` cuts the light above a post lamp's rim.
float lamp_reach(vec3 towards, vec4 aim, float hood) {
    float share = mix(1.0, clamp(towards.z * 1.6, 0.0, 1.0), hood);
    if (aim.w < 3.15) {
        float chord_sq = min(2.0 + 2.0 * dot(towards, aim.xyz), 2.0);
        // the angle of a chord, to 1 % up to a right angle
        float angle = sqrt(max(chord_sq, 0.0)) * (1.0 + chord_sq * (1.0 / 24.0 + chord_sq * 0.0062));
        share *= 1.0 - smoothstep(aim.w, aim.w * 1.3, angle);
    }
    return share;
}
