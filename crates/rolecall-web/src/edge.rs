//! The door to the page: bytes in, bytes out.
//!
//! The page asks for room, writes the question there, asks for the answer, and reads it. The exported functions pass sizes and
//! addresses, and dereference none: all memory is this module's own vectors, and there is no `unsafe` block. Exporting a
//! function needs an attribute that Rust counts as unsafe, because two functions of one name would clash; these three have
//! names of their own. That is the only reason why the crate says `deny` where the workspace says `forbid`.
//!
//! A panic ends the module with a trap, which the page shows as "unknown" and answers with a new module.

use std::sync::Mutex;

use crate::answer::answer;

/// The question, and then the answer.
static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Makes room for a question of so many bytes, and says where it is.
#[allow(unsafe_code, reason = "an export, without an unsafe block")]
#[unsafe(no_mangle)]
extern "C" fn rolecall_room(length: usize) -> *mut u8 {
    let Ok(mut buffer) = BUFFER.lock() else { return std::ptr::null_mut() };
    // The answer before is let go first: a large document is there once.
    *buffer = Vec::new();
    buffer.resize(length, 0);
    buffer.as_mut_ptr()
}

/// Answers the question, and says how many bytes the answer has.
#[allow(unsafe_code, reason = "an export, without an unsafe block")]
#[unsafe(no_mangle)]
extern "C" fn rolecall_answer() -> usize {
    let Ok(mut buffer) = BUFFER.lock() else { return 0 };
    let question = std::mem::take(&mut *buffer);
    *buffer = answer(question).to_json().into_bytes();
    buffer.len()
}

#[allow(unsafe_code, reason = "an export, without an unsafe block")]
#[unsafe(no_mangle)]
extern "C" fn rolecall_answered() -> *const u8 {
    BUFFER.lock().map_or(std::ptr::null(), |buffer| buffer.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_goes_in_and_an_answer_comes_out() {
        assert!(!rolecall_room(3).is_null());
        let length = rolecall_answer();
        let answered = BUFFER.lock().unwrap().clone();
        assert_eq!(answered.len(), length);
        assert!(String::from_utf8(answered).unwrap().starts_with(r#"{"state":"#));
        assert!(!rolecall_answered().is_null());
    }
}
