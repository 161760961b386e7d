// SPDX-License-Identifier: LGPL-2.1-or-later
// What the types of hein and the examples need of GJS, GLib, GObject and Gio.

declare module 'gi://GObject?version=2.0' {
  namespace GObject {
    type GType<T = unknown> = { name: string };
    class ParamSpec {}
    namespace Object {
      interface SignalSignatures {
        notify: (pspec: ParamSpec) => void;
      }
      interface ConstructorProps {}
    }
    class Object {
      static $gtype: GType<Object>;
      $signals: Object.SignalSignatures;
      constructor(properties?: Partial<Object.ConstructorProps>, ...args: any[]);
      connect<K extends keyof Object.SignalSignatures>(signal: K,
        callback: (source: this, pspec: ParamSpec) => void): number;
      connect(signal: string, callback: (...args: any[]) => any): number;
      connect_after(signal: string, callback: (...args: any[]) => any): number;
      disconnect(id: number): void;
    }
    function registerClass<T>(meta: object, cls: T): T;
    function registerClass<T>(cls: T): T;
  }

  export default GObject;
}

declare module 'gi://GLib?version=2.0' {
  namespace GLib {
    class Bytes {
      constructor(data?: Uint8Array | null);
      get_size(): number;
      toArray(): Uint8Array;
    }
    class Error {
      constructor(domain: number, code: number, message: string);
      domain: number;
      code: number;
      message: string;
      matches(domain: any, code: number): boolean;
    }
    class MainContext {}
    class MainLoop {
      constructor(context: MainContext | null, isRunning: boolean);
      run(): void;
      quit(): void;
    }
    class Source {}
    type SourceFunc = () => boolean;
    class Variant {
      constructor(format: string, value: unknown);
      deepUnpack(): unknown;
    }
    class VariantType {}
  }

  export default GLib;
}

declare module 'gi://Gio?version=2.0' {
  import type GObject from 'gi://GObject?version=2.0';

  namespace Gio {
    interface AsyncResult {}
    interface ListModel extends GObject.Object {
      get_item(position: number): GObject.Object | null;
      get_item_type(): GObject.GType;
      get_n_items(): number;
      items_changed(position: number, removed: number, added: number): void;
    }
    interface SocketConnectable {}
    class Cancellable extends GObject.Object {
      cancel(): void;
    }
    class Socket extends GObject.Object {}
    class SocketAddress extends GObject.Object {}
    class Task extends GObject.Object {}
  }

  export default Gio;
}

interface GjsGiImports {
  GLib: typeof import('gi://GLib?version=2.0').default;
  versions: { [namespace: string]: string };
}

declare const imports: { gi: GjsGiImports };
declare const ARGV: string[];
declare function print(...args: unknown[]): void;
declare function printerr(...args: unknown[]): void;
