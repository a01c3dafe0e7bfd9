//! As much of Kafka's protocol as the proxy of the local broker has to know: requests and answers are
//! frames of a length and that many bytes, with an id in each that pairs them. The versions are those
//! without "flexible" fields; see [`MAX_VERSIONS`].

use std::io::{self, Read, Write};

use rdkafka::types::RDKafkaApiKey;

/// The newest versions that this module knows.
pub const MAX_VERSIONS: [(RDKafkaApiKey, i16); 3] = [
    (RDKafkaApiKey::Produce, 8),
    (RDKafkaApiKey::Metadata, 8),
    (RDKafkaApiKey::FindCoordinator, 2),
];

/// The longest frame; no client of ours sends or is sent more at once.
const MAX_FRAME: usize = 64 * 1024 * 1024;

/// Reads a frame, without its length.
///
/// # Errors
/// When the connection has ended, or the frame is too long.
pub fn read(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"));
    }
    let mut frame = vec![0; length];
    from.read_exact(&mut frame)?;
    Ok(frame)
}

/// Writes a frame and its length.
///
/// # Errors
/// When the connection has ended.
pub fn write(mut to: impl Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    // In one write: with the length alone a packet would go out.
    to.write_all(&[&length.to_be_bytes(), frame].concat())
}

/// A request, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Whether it will be answered.
    Produce {
        is_answered: bool,
    },
    Metadata {
        version: i16,
    },
    FindCoordinator {
        version: i16,
    },
    Other,
}

/// Returns the id of a request, and what it is; `None` when it is too short.
pub fn request(frame: &[u8]) -> Option<(i32, Request)> {
    let mut fields = Fields { frame, at: 0 };
    let (key, version, id) = (fields.i16()?, fields.i16()?, fields.i32()?);
    let request = match i32::from(key) {
        0 => {
            // The client's name and the transaction's come before the acknowledgements.
            let acks = fields.text().and_then(|()| fields.text()).and_then(|()| fields.i16());
            Request::Produce { is_answered: acks != Some(0) }
        }
        3 => Request::Metadata { version },
        10 => Request::FindCoordinator { version },
        _ => Request::Other,
    };
    Some((id, request))
}

/// Returns the id of the request that an answer belongs to.
pub fn answered_id(frame: &[u8]) -> Option<i32> {
    Fields { frame, at: 0 }.i32()
}

/// Replaces each port in an answer on which the broker says that it listens.
pub fn set_port(answer: &mut [u8], request: Request, port: u16) {
    for at in port_positions(answer, request).unwrap_or_default() {
        answer[at..at + 4].copy_from_slice(&i32::from(port).to_be_bytes());
    }
}

fn port_positions(answer: &[u8], request: Request) -> Option<Vec<usize>> {
    let mut fields = Fields { frame: answer, at: 4 };
    let mut positions = Vec::new();
    match request {
        Request::Metadata { version } => {
            if version >= 3 {
                fields.i32()?;
            }
            for _ in 0..fields.i32()? {
                positions.push(fields.address()?);
                if version >= 1 {
                    fields.text()?;
                }
            }
        }
        Request::FindCoordinator { version } => {
            if version >= 1 {
                fields.i32()?;
            }
            let error = fields.i16()?;
            if version >= 1 {
                fields.text()?;
            }
            if error == 0 {
                positions.push(fields.address()?);
            }
        }
        Request::Produce { .. } | Request::Other => {}
    }
    Some(positions)
}

struct Fields<'a> {
    frame: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.frame.get(self.at..self.at + N)?.try_into().ok()?;
        self.at += N;
        Some(bytes)
    }

    fn i16(&mut self) -> Option<i16> {
        self.bytes().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.bytes().map(i32::from_be_bytes)
    }

    /// Skips a text, which may be absent.
    fn text(&mut self) -> Option<()> {
        let length = usize::try_from(self.i16()?).unwrap_or(0);
        self.at += length;
        (self.at <= self.frame.len()).then_some(())
    }

    /// Skips a broker's address, and returns the position of its port.
    fn address(&mut self) -> Option<usize> {
        self.i32()?;
        self.text()?;
        let at = self.at;
        self.i32()?;
        Some(at)
    }
}
