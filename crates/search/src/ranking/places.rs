//! Places of a window.

/// How many documents are scored at a time: their scores stay in the processor's first cache.
pub const WINDOW: u32 = 4_096;

const WORDS: usize = WINDOW as usize / 64;

/// A set of places of a window, as a bit for each.
pub struct Places([u64; WORDS]);

impl Default for Places {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl Places {
    #[inline]
    pub fn add(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    pub fn are_none(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    #[inline]
    pub fn has(&self, at: usize) -> bool {
        self.0[at / 64] & (1 << (at % 64)) != 0
    }

    /// Takes all places out, and calls a function with each, in their order.
    #[inline]
    pub fn take(&mut self, mut each: impl FnMut(usize)) {
        for (word, bits) in self.0.iter_mut().enumerate() {
            let mut left = std::mem::take(bits);
            while left != 0 {
                each(word * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}
