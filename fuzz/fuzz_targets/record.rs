#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firedrill_fuzz::record::check(data));
