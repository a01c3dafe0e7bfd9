//! The steps of a sequence.

use std::time::Duration;

use proptest::prelude::*;

/// Few of each, so that steps conflict.
pub const PROMPTS: usize = 2;
pub const BUYERS: usize = 2;
const KEYS: u8 = 3;

#[derive(Clone, Debug)]
pub enum Step {
    List {
        prompt: usize,
        cents: u32,
    },
    Price {
        prompt: usize,
        cents: u32,
    },
    Pause {
        prompt: usize,
    },
    Activate {
        prompt: usize,
    },
    Remove {
        prompt: usize,
    },
    Buy(Buy),
    Refund {
        nth: usize,
    },
    /// The process is killed a while after a request.
    Crash {
        during: Box<Step>,
        after: Duration,
    },
    /// The prompt service goes away or comes back.
    Away(bool),
    /// All work is finished.
    Idle,
}

#[derive(Clone, Debug)]
pub struct Buy {
    pub buyer: usize,
    pub prompt: usize,
    pub commercial: bool,
    pub method: &'static str,
    pub key: Option<u8>,
}

pub fn step() -> impl Strategy<Value = Step> {
    let prompt = || 0..PROMPTS;
    let cents = || 1..10_000u32;
    let method = prop_oneof![
        6 => Just("WALLET"), 1 => Just("DECLINED"), 1 => Just("LATE"), 1 => Just("TIMEOUT"),
    ];
    let buy = (0..BUYERS, prompt(), any::<bool>(), method, prop::option::of(0..KEYS)).prop_map(
        |(buyer, prompt, commercial, method, key)| {
            Step::Buy(Buy { buyer, prompt, commercial, method, key })
        },
    );
    let refund = (0..8usize).prop_map(|nth| Step::Refund { nth });
    let list = (prompt(), cents()).prop_map(|(prompt, cents)| Step::List { prompt, cents });
    let price = (prompt(), cents()).prop_map(|(prompt, cents)| Step::Price { prompt, cents });
    let pause = prompt().prop_map(|prompt| Step::Pause { prompt });
    let activate = prompt().prop_map(|prompt| Step::Activate { prompt });
    let remove = prompt().prop_map(|prompt| Step::Remove { prompt });
    let during = prop_oneof![
        4 => buy.clone(), 2 => refund.clone(), 1 => list.clone(), 1 => pause.clone(),
    ];
    let crash = (during, 0..20_000u64).prop_map(|(during, micros)| Step::Crash {
        during: Box::new(during),
        after: Duration::from_micros(micros),
    });
    prop_oneof![
        4 => list, 2 => price, 2 => pause, 3 => activate, 1 => remove, 10 => buy, 4 => refund,
        4 => crash, 1 => any::<bool>().prop_map(Step::Away), 1 => Just(Step::Idle),
    ]
}
