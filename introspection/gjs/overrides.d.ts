// SPDX-License-Identifier: LGPL-2.1-or-later
// The types of what the override has besides, or other than, the GIR: what
// make-javascript-types.py makes hein-1.d.ts of. tests/test-javascript-types.py
// compares it with the override.

type Data = Uint8Array | ArrayBuffer | ArrayBufferView | number[] | GLib.Bytes | string;
type Payload = Data | GLib.Variant | Data[];
type Made = [topic: string, payload?: Payload, contentType?: string | null];
// What comes first where a time, a cancellable or a callback may follow.
type Given = [message: Message] | [made: Made] | [topic: string] |
  [topic: string, payload: Payload | null | undefined] |
  [topic: string, payload: Payload | null | undefined,
    contentType: string | null | undefined];
type Answer = Message | Payload | null | undefined | void;
type Answers = Iterator<Answer> | AsyncIterator<Answer>;
type Callback<T> = (source: T, result: Gio.AsyncResult) => void;
type PeerArray = Peer[] & { lookup(name: string): Peer | null };

class Bus {
  static ["new"](name?: string | null): Bus;
  get peers(): PeerArray;
  get endpoints(): Endpoint[];
  send(message: Message): boolean;
  send(...made: Made): boolean;
  send_data(topic: string | null, data: Data | null): boolean;
  send_to(name: string, message: Message): boolean;
  send_to(name: string, ...made: Made): boolean;
  send_with(strategy: Strategy, key: string | null, message: Message): boolean;
  send_with(strategy: Strategy, key: string | null, ...made: Made): boolean;
  send_async(message: Message, cancellable?: Gio.Cancellable | null): Promise<boolean>;
  send_async(message: Message, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
  send_async(...made: Made): Promise<boolean>;
  request(...given: [...given: Given, timeoutMs?: number]): Message;
  request_async(...given: [...given: Given, timeoutMs?: number,
    cancellable?: Gio.Cancellable | null]): Promise<Message>;
  request_async(...given: [...given: Given, timeoutMs: number,
    cancellable: Gio.Cancellable | null, callback: Callback<this>]): void;
  get(topic: string, timeoutMs?: number): Message;
  get_async(topic: string, timeoutMs?: number,
    cancellable?: Gio.Cancellable | null): Promise<Message>;
  get_async(topic: string, timeoutMs: number, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
  request_to_async(name: string, ...given: [...given: Given, timeoutMs?: number,
    cancellable?: Gio.Cancellable | null]): Promise<Message>;
  request_to_async(name: string, ...given: [...given: Given, timeoutMs: number,
    cancellable: Gio.Cancellable | null, callback: Callback<this>]): void;
  request_many(...given: [...given: Given, timeoutMs?: number,
    credit?: number]): Replies;
  request_many_to(name: string, ...given: [...given: Given, timeoutMs?: number,
    credit?: number]): Replies;
  serve(pattern: string,
    call: (request: Request) => Answer | Promise<Answer> | Answers): void;
  deliver(...given: [...given: Given, timeoutMs?: number]): Receipt;
  deliver_async(...given: [...given: Given, timeoutMs?: number,
    cancellable?: Gio.Cancellable | null]): Promise<Receipt>;
  deliver_async(...given: [...given: Given, timeoutMs: number,
    cancellable: Gio.Cancellable | null, callback: Callback<this>]): void;
  deliver_to_async(name: string, ...given: [...given: Given, timeoutMs?: number,
    cancellable?: Gio.Cancellable | null]): Promise<Receipt>;
  deliver_to_async(name: string, ...given: [...given: Given, timeoutMs: number,
    cancellable: Gio.Cancellable | null, callback: Callback<this>]): void;
  open_spool(path: string, limit?: number): boolean;
  post(...given: Given): boolean;
  post_async(...given: [...given: Given,
    cancellable?: Gio.Cancellable | null]): Promise<boolean>;
  post_async(...given: [...given: Given,
    cancellable: Gio.Cancellable | null, callback: Callback<this>]): void;
  post_to_async(name: string, ...given: [...given: Given,
    cancellable?: Gio.Cancellable | null]): Promise<boolean>;
  post_to_async(name: string, ...given: [...given: Given,
    cancellable: Gio.Cancellable | null, callback: Callback<this>]): void;
  receive(timeoutMs?: number): Message;
  receive_async(max: number, cancellable?: Gio.Cancellable | null): Promise<Message[]>;
  receive_async(max: number, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
  receive_one_async(timeoutMs?: number, cancellable?: Gio.Cancellable | null):
    Promise<Message>;
  take(max?: number): Message[];
  dial_async(uri: string, cancellable?: Gio.Cancellable | null): Promise<Endpoint>;
  dial_async(uri: string, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
  ping(timeoutMs: number): { [name: string]: boolean };
  ping_async(timeoutMs: number, cancellable?: Gio.Cancellable | null):
    Promise<{ [name: string]: boolean }>;
  ping_async(timeoutMs: number, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
  wait_for_peers(nPeers?: number, timeoutMs?: number): boolean;
  wait_for_peers_async(nPeers?: number, timeoutMs?: number,
    cancellable?: Gio.Cancellable | null): Promise<boolean>;
  wait_for_peers_async(nPeers: number, timeoutMs: number,
    cancellable: Gio.Cancellable | null, callback: Callback<this>): void;
  turn(timeoutMs?: number): void;
  subscribe(prefix: string): void;
  subscribe_pattern(pattern: string): void;
  confirm_subscriptions(timeoutMs?: number): boolean;
  confirm_subscriptions_async(timeoutMs?: number,
    cancellable?: Gio.Cancellable | null): Promise<boolean>;
  confirm_subscriptions_async(timeoutMs: number,
    cancellable: Gio.Cancellable | null, callback: Callback<this>): void;
  close(): void;
  close_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
  close_async(cancellable: Gio.Cancellable | null, callback: Callback<this>): void;
  [Symbol.iterator](): IterableIterator<Message>;
  [Symbol.asyncIterator](): AsyncIterableIterator<Message>;
}

class Message {
  static make(topic?: string, payload?: Payload, contentType?: string | null, more?: {
    attributes?: Record<string, string>; expiry_ms?: number; priority?: Priority
  }): Message;
  static new_text(topic: string, text: string): Message;
  static new_data(topic: string | null, data: Data | null): Message;
  get topic(): string;
  get text(): string;
  get payload(): GLib.Bytes;
  get bytes(): Uint8Array;
  get size(): number;
  get content_type(): string | null;
  // null: it did not come from anybody
  get sender(): Peer | any;
  get time_us(): number;
  get parts(): GLib.Bytes[];
  get wants_receipt(): boolean;
  get remaining_ms(): number;
  get attributes(): Record<string, string>;
  get expiry_ms(): number;
  get priority(): Priority;
  dup_variant(type?: GLib.VariantType | null): GLib.Variant;
  new_reply(payload?: Data): Message;
}

class Peer {
  ping_async(timeoutMs: number, cancellable?: Gio.Cancellable | null): Promise<boolean>;
  ping_async(timeoutMs: number, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
}

class Peers {
  [Symbol.iterator](): IterableIterator<Peer>;
}

class Request {
  get topic(): string;
  get message(): Message;
  get text(): string;
  get bytes(): Uint8Array;
  get peer(): Peer;
  get remaining_ms(): number;
  get is_over(): boolean;
  dup_variant(type?: GLib.VariantType | null): GLib.Variant;
  reply(message: Message): void;
  reply(payload?: Payload, contentType?: string | null): void;
  refuse(code: number, text: string): void;
  get takes_parts(): boolean;
  get credit(): number;
  reply_part(message: Message): void;
  reply_part(payload?: Payload, contentType?: string | null): void;
  reply_part_async(message: Message): Promise<void>;
  reply_part_async(payload?: Payload, contentType?: string | null): Promise<void>;
  wait_for_credit_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
  wait_for_credit_async(cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
}

class Receipt {
  get n_peers(): number;
  get n_acknowledged(): number;
  get n_failed(): number;
  get n_unknown(): number;
  get outcomes(): { peer: Peer | null, outcome: Outcome, error: GLib.Error | null }[];
}

class Replies {
  next_async(cancellable?: Gio.Cancellable | null): Promise<Message | null>;
  next_async(cancellable: Gio.Cancellable | null, callback: Callback<this>): void;
  [Symbol.iterator](): IterableIterator<Message>;
  [Symbol.asyncIterator](): AsyncIterator<Message>;
}

class Pairing {
  get remaining_ms(): number;
  listen_async(address?: string | null, cancellable?: Gio.Cancellable | null):
    Promise<string>;
  listen_async(address: string | null, cancellable: Gio.Cancellable | null,
    callback: Callback<this>): void;
  dial_async(address: string, code?: string | null,
    cancellable?: Gio.Cancellable | null): Promise<string>;
  dial_async(address: string, code: string | null,
    cancellable: Gio.Cancellable | null, callback: Callback<this>): void;
}

class Simulation {
  static explore(test: (net: Simulation) => boolean | void, hosts: string[],
    options?: { seed?: number, seeds?: number, faults?: string[] | null,
      within_ms?: number }): void;
  run(timeMs: number): void;
  run<T>(what: (net: Simulation) => T | Promise<T>): T;
  sleep(timeMs: number): Promise<void>;
}

class Wire {
  put(data: Data): void;
  deliver_data(topic: Data, data: Data): boolean;
}

class Error {
  constructor(options: { code: number, message: string });
  static ["new"](code: number, message: string): Error;
}

class AnswerError {
  constructor(code: number, message: string);
}
