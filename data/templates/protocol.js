// Frames of a size, a kind and a body
imports.gi.versions.Hein = '1';
const { GLib, GObject, Hein } = imports.gi;

const encode = text => new TextEncoder().encode(text);
const decode = bytes => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

const @Camel@ = GObject.registerClass({ GTypeName: '@Camel@' },
class @Camel@ extends Hein.Protocol {
  put(wire, kind, ...pieces) {
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const frame = new Uint8Array(5 + size);
    new DataView(frame.buffer).setUint32(0, size);
    frame[4] = kind.charCodeAt(0);
    pieces.reduce((at, piece) => (frame.set(piece, at), at + piece.length), 5);
    wire.put(frame);
  }

  hello(wire) {
    this.put(wire, 'H', encode(wire.get_bus_instance() + wire.get_bus_name()));
  }

  vfunc_start(wire, dialled) {
    this.dialled = dialled;
    this.waits = false;
    if (dialled)
      this.hello(wire);
  }

  vfunc_consume(wire, bytes) {
    const raw = bytes.toArray();
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    let used = 0;
    while (raw.length - used >= 5 && !this.waits) {
      const size = view.getUint32(used);
      wire.check_message_size(size, 1024);
      if (raw.length - used < 5 + size) {
        wire.expect(5 + size);
        break;
      }
      used += 5 + size;
      this.take(wire, String.fromCharCode(raw[used - size - 1]), raw.slice(used - size, used));
    }
    return used;
  }

  take(wire, kind, body) {
    if (kind === 'H') {
      this.waits = true; // for the verdict
      wire.set_instance(decode(body.subarray(0, 32)));
      wire.set_accepts_messages(false);
      wire.set_match(Hein.Match.TOPIC);
      wire.set_encoding('@NAME@');
      wire.offer_name(decode(body.subarray(32)), null, Hein.NameRule.UNIQUE);
    } else if (kind === 'N') {
      throw new Hein.Error({ code: Hein.Error.REFUSED, message: decode(body) });
    } else if (kind === 'S') {
      wire.subscribe(body);
      wire.set_accepts_messages(true);
    } else if (kind === 'U') {
      wire.unsubscribe(body);
    } else if (kind === 'M') {
      wire.deliver(this.parse(body));
    }
  }

  parse(body) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    let at = 4 + 4 * view.getUint16(2);
    const next = size => body.subarray(at, at += size);
    const topic = decode(next(view.getUint8(0)));
    const type = decode(next(view.getUint8(1)));
    const parts = [];
    for (let i = 0; i < view.getUint16(2); i++)
      parts.push(next(view.getUint32(4 + 4 * i)));
    return Hein.Message.make(topic, parts, type || null);
  }

  vfunc_admitted(wire, refusal) {
    this.waits = false;
    if (refusal !== null) {
      this.put(wire, 'N', encode(refusal.message));
      wire.fail(refusal);
      return;
    }
    if (!this.dialled)
      this.hello(wire);
    wire.ready();
  }

  vfunc_subscription(wire, prefix, wanted) {
    this.put(wire, wanted ? 'S' : 'U', encode(prefix));
  }

  vfunc_encode(wire, message) {
    const { parts } = message;
    const [topic, type] = [encode(message.topic), encode(message.content_type ?? '')];
    const head = 4 + 4 * parts.length + topic.length + type.length;
    const frame = new Uint8Array(5 + head);
    const view = new DataView(frame.buffer);
    view.setUint32(0, head + message.size);
    frame.set([77, topic.length, type.length], 4); // 77 is M
    view.setUint16(7, parts.length);
    parts.forEach((part, i) => view.setUint32(9 + 4 * i, part.get_size()));
    frame.set(topic, 9 + 4 * parts.length);
    frame.set(type, frame.length - type.length);
    wire.put(frame);
    parts.forEach((_part, i) => wire.put_part(message, i));
    return true;
  }
});

Hein.plugin_add('@NAME@', @Camel@);
