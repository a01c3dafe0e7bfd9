//! One file per provider.

pub mod anthropic;
pub mod compatible;
pub mod gemini;
pub mod mock;
pub mod openai;
