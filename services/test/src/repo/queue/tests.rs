mod claim;
mod lease;
mod record;
mod support;
