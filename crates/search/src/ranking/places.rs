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
    /// Begins to add places that come in their order.
    #[inline]
    pub fn run(&mut self) -> Run<'_> {
        Run { places: self, word: 0, bits: 0 }
    }

    pub fn are_none(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    /// Returns whether more than an eighth of the window is in the set.
    pub fn are_many(&self) -> bool {
        self.0.iter().map(|bits| bits.count_ones()).sum::<u32>() > WINDOW / 8
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

/// Adds places in their order. The bits of one word are collected before they are written: each would have to wait
/// for the one before otherwise.
pub struct Run<'p> {
    places: &'p mut Places,
    word: usize,
    bits: u64,
}

impl Run<'_> {
    #[inline]
    pub fn add(&mut self, at: usize) {
        if at / 64 != self.word {
            self.write();
            (self.word, self.bits) = (at / 64, 0);
        }
        self.bits |= 1 << (at % 64);
    }

    #[inline]
    fn write(&mut self) {
        self.places.0[self.word] |= self.bits;
    }
}

impl Drop for Run<'_> {
    #[inline]
    fn drop(&mut self) {
        self.write();
    }
}
