//! Background work.

pub mod create_version_indexes;
pub mod flush_views;
pub mod sum_up_names;
pub mod version_sweep;
pub mod write_likes;
