//! The position up to which an index follows its source, as the payload of a commit.

use tantivy::IndexMeta;

use crate::{SearchError, schema::FORMAT};

/// Returns the payload for a position. It has the format and a checksum, for no other file has them.
pub fn encode(position: &str) -> String {
    format!("{FORMAT} {:08x} {position}", checksum(position))
}

/// Returns the position of the last commit; `None` when there was none.
pub fn decode(meta: &IndexMeta) -> Result<Option<String>, SearchError> {
    let Some(payload) = &meta.payload else {
        return if meta.segments.is_empty() { Ok(None) } else { Err(unknown()) };
    };
    let mut parts = payload.splitn(3, ' ');
    let (Some(format), Some(sum), Some(position)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(unknown());
    };
    if format != FORMAT.to_string() || sum != format!("{:08x}", checksum(position)) {
        return Err(unknown());
    }
    Ok(Some(position.to_owned()))
}

fn unknown() -> SearchError {
    SearchError::Broken("it is of another format".into())
}

/// Returns the FNV-1a checksum of a text.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
