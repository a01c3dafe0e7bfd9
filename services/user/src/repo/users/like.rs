/// Escapes a text for a `like` pattern, where it then stands for itself.
pub fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Lowers a text as Postgres lowers `search_text`: each character by itself, without regard to its
/// place.
pub fn to_lowercase(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
