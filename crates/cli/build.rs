//! Has the program's relative relocations packed: the loader reads all of them at the start, and the 95,000 of
//! six services would leave 2 MB in the memory of each process. Any glibc since 2.36 reads the packed form.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    let is_glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    // Linkers of other processors do not know the option everywhere.
    if is_glibc && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
