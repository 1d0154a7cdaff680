// The sky's and some of the lamps' light that a body takes from the ground it stands on.
uniform sampler2D store_depth;
uniform sampler2DArray layers;
uniform vec4 place;
uniform vec4 turn;
uniform vec2 strengths;  // sky's light, infrared (each times its share that is lost)
in vec2 spot;
layout(location = 0) out float loss;
void main() {
    ivec2 px = ivec2(gl_FragCoord.xy);
    float depth = texelFetch(store_depth, px, 0).r;
    vec3 at = lens + ray(gl_FragCoord.xy) * depth;
    if (abs(at.z) > 0.04) discard;
    vec2 beyond = max(abs(spot) - place.zw * 0.8, 0.0);
    float near = 1.0 - clamp(length(beyond) / turn.z, 0.0, 1.0);
    float dark = turn.w * near * near;
    loss = dark * (strengths.x * texelFetch(layers, ivec3(px, 1), 0).r
        + strengths.y * texelFetch(layers, ivec3(px, 0), 0).r);
}
