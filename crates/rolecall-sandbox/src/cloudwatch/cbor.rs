//! Requests in CBOR (RFC 8949) as JSON values. A time, which has a tag, becomes its number.

use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;
use serde_json::{Map, Value};

/// Lists within lists that a request may have.
const DEPTH: usize = 16;

/// The value that the bytes are; `None` where they are none.
pub(super) fn decode(bytes: &[u8]) -> Option<Value> {
    value(&mut Decoder::new(bytes), DEPTH).ok()
}

fn value(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, Error> {
    let deeper = depth.checked_sub(1).ok_or_else(|| Error::message("too deep"))?;
    match decoder.datatype()? {
        Type::Bool => decoder.bool().map(Value::from),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map(Value::from),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64().map(Value::from),
        Type::F16 | Type::F32 | Type::F64 => decoder.f64().map(Value::from),
        Type::Null | Type::Undefined => decoder.skip().map(|()| Value::Null),
        Type::String | Type::StringIndef => {
            decoder.str_iter()?.collect::<Result<String, _>>().map(Value::from)
        }
        Type::Tag => {
            decoder.tag()?;
            value(decoder, deeper)
        }
        Type::Array | Type::ArrayIndef => {
            let mut items = Vec::new();
            let mut left = decoder.array()?;
            while more(decoder, &mut left)? {
                items.push(value(decoder, deeper)?);
            }
            Ok(Value::Array(items))
        }
        Type::Map | Type::MapIndef => {
            let mut members = Map::new();
            let mut left = decoder.map()?;
            while more(decoder, &mut left)? {
                let name = decoder.str_iter()?.collect::<Result<String, _>>()?;
                members.insert(name, value(decoder, deeper)?);
            }
            Ok(Value::Object(members))
        }
        other => Err(Error::message(format!("{other} is in no request"))),
    }
}

/// Whether another item follows: counted, or until the end is marked.
fn more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, Error> {
    match left {
        Some(0) => Ok(false),
        Some(left) => {
            *left -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
        None => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counted_and_open_lists_and_times_are_read() {
        // {"a": [1, -1, 1.5], "at": 1(1700000000)}, the map open, the list counted.
        let bytes = [
            0xbf, 0x61, b'a', 0x83, 0x01, 0x20, 0xf9, 0x3e, 0x00, 0x62, b'a', b't', 0xc1, 0x1a, 0x65, 0x53,
            0xf1, 0x00, 0xff,
        ];
        assert_eq!(decode(&bytes), Some(json!({"a": [1, -1, 1.5], "at": 1_700_000_000})));
        assert_eq!(decode(&[0xbf, 0x61]), None);
        assert_eq!(decode(&[0x81; 100]), None);
        assert_eq!(decode(b"{}"), None);
    }
}
