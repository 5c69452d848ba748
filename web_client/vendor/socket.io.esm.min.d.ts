/** What our pages use of socket.io-client; written by hand, the module itself is not type-checked. */

export interface Socket {
  readonly connected: boolean;
  on(event: string, listener: (...args: any[]) => void): this;
  emit(event: string, ...args: unknown[]): this;
  connect(): this;
  disconnect(): this;
}

export interface Options {
  path: string;
  transports: string[];
  auth: object;
  reconnection: boolean;
  forceNew: boolean;
  timeout: number;
}

export function io(url: string, options: Options): Socket;
