/** A value that a test changes from outside a component. */
export class Box<T> {
  value: T = $state.raw() as T;

  constructor(value: T) {
    this.value = value;
  }
}
