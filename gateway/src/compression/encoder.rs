//! The three codings, behind one interface.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

/// The levels: each a little below its tool's default, where more time saves few bytes.
const GZIP_LEVEL: u32 = 5;
const BROTLI_LEVEL: i32 = 4;
const ZSTD_LEVEL: i32 = 3;

/// The binary logarithm of the bytes that br and zstd look back on: more takes more memory on both sides.
const WINDOW_LOG: u8 = 17;

const BROTLI_BUFFER: usize = 4096;

/// The number of encoders that are at work.
static RUNNING: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Zstd,
    Brotli,
    Gzip,
}

impl Coding {
    /// All codings, the one that takes the least time for what it saves first.
    pub const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Returns the name as in `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Returns what is added to the entity tag of an answer that is coded.
    pub const fn suffix(self) -> &'static [u8] {
        match self {
            Self::Zstd => b"-zstd",
            Self::Brotli => b"-br",
            Self::Gzip => b"-gzip",
        }
    }
}

/// A running compression.
pub struct Encoder {
    writer: Writer,
    _running: Running,
}

enum Writer {
    Zstd(ZstdEncoder<'static, Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Encoder {
    /// Starts to compress a body of so many bytes, if they are known; `None` while `most` encoders are at work.
    pub fn start(coding: Coding, length: Option<u64>, most: usize) -> Option<Self> {
        let running = Running::begin(&RUNNING, most)?;
        Some(Self { writer: Writer::new(coding, length).ok()?, _running: running })
    }

    /// Compresses some bytes, and returns what came out of it.
    ///
    /// # Errors
    /// When the encoder is broken.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match &mut self.writer {
            Writer::Zstd(writer) => writer.write_all(bytes)?,
            Writer::Brotli(writer) => writer.write_all(bytes)?,
            Writer::Gzip(writer) => writer.write_all(bytes)?,
        }
        Ok(self.take())
    }

    /// Returns all that came of what was written, so that it can be read.
    ///
    /// # Errors
    /// When the encoder is broken.
    pub fn flush(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.writer {
            Writer::Zstd(writer) => writer.flush()?,
            Writer::Brotli(writer) => writer.flush()?,
            Writer::Gzip(writer) => writer.flush()?,
        }
        Ok(self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        mem::take(match &mut self.writer {
            Writer::Zstd(writer) => writer.get_mut(),
            Writer::Brotli(writer) => writer.get_mut(),
            Writer::Gzip(writer) => writer.get_mut(),
        })
    }

    /// Ends the compression, and returns its last bytes.
    ///
    /// # Errors
    /// When the encoder is broken.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        match self.writer {
            Writer::Zstd(writer) => writer.finish(),
            // Ends the stream as well.
            Writer::Brotli(writer) => Ok(writer.into_inner()),
            Writer::Gzip(writer) => writer.finish(),
        }
    }
}

impl Writer {
    fn new(coding: Coding, length: Option<u64>) -> io::Result<Self> {
        let output = Vec::new();
        Ok(match coding {
            Coding::Zstd => {
                let mut encoder = ZstdEncoder::new(output, ZSTD_LEVEL)?;
                encoder.window_log(u32::from(WINDOW_LOG))?;
                // Tables fit the length that is known.
                encoder.set_pledged_src_size(length)?;
                Self::Zstd(encoder)
            }
            Coding::Brotli => {
                let params = BrotliEncoderParams {
                    quality: BROTLI_LEVEL,
                    lgwin: i32::from(WINDOW_LOG),
                    ..Default::default()
                };
                let writer = CompressorWriter::with_params(output, BROTLI_BUFFER, &params);
                Self::Brotli(Box::new(writer))
            }
            Coding::Gzip => {
                Self::Gzip(GzEncoder::new(output, flate2::Compression::new(GZIP_LEVEL)))
            }
        })
    }
}

/// One of the encoders that are at work.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn begin(running: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let more = |count: usize| (count < most).then_some(count + 1);
        let begun = running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        begun.is_ok().then(|| Self(running.clone()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_encoders_run_than_may() {
        let running = Arc::default();
        let (one, two) = (Running::begin(&running, 2), Running::begin(&running, 2));
        assert!(one.is_some() && two.is_some() && Running::begin(&running, 2).is_none());
        drop(one);
        assert!(Running::begin(&running, 2).is_some());
    }
}
