// Only depth counts.
void main() {}
