#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| firedrill_fuzz::http_answer::check(data));
