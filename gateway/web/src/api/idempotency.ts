import { newIdempotencyKey } from './client';

/**
 * Gives one key to all attempts at the same write: sent again after a lost answer it must not happen twice.
 * Another body is another write; so is the same body after `finish`.
 */
export class WriteKeys {
  #body = '';
  #key = '';

  keyOf(body: unknown): string {
    const text = JSON.stringify(body);
    if (this.#key === '' || this.#body !== text) {
      this.#body = text;
      this.#key = newIdempotencyKey();
    }
    return this.#key;
  }

  /** Ends the write: its answer has come. */
  finish(): void {
    this.#key = '';
  }
}
