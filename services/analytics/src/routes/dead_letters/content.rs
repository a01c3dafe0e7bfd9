use base64::{Engine, engine::general_purpose::STANDARD};

/// The most bytes that are shown of a key, a header or a payload.
pub const MAX_BYTES: usize = 64 * 1024;

/// Bytes of a message as they are shown.
pub struct Content {
    /// The bytes as UTF-8, or in base64; null where there are none, which empty ones are not.
    pub text: Option<String>,
    /// Whether the bytes are no UTF-8, and `text` is their base64.
    pub is_base64: bool,
    /// Whether there were more than are shown.
    pub is_truncated: bool,
}

impl Content {
    pub fn of(bytes: Option<&[u8]>) -> Self {
        let Some(bytes) = bytes else {
            return Self { text: None, is_base64: false, is_truncated: false };
        };
        let shown = &bytes[..bytes.len().min(MAX_BYTES)];
        let is_truncated = shown.len() < bytes.len();
        let text = match std::str::from_utf8(shown) {
            Ok(text) => Some(text),
            // The cut may go through a character.
            Err(error) if is_truncated && error.error_len().is_none() => {
                std::str::from_utf8(&shown[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        Self {
            is_base64: text.is_none(),
            text: Some(text.map_or_else(|| STANDARD.encode(shown), str::to_owned)),
            is_truncated,
        }
    }
}
