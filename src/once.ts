/** The same function, but it runs only once: later calls return the first result. */
export function once<F extends () => object>(make: F): F {
  let made: object | undefined
  return (() => (made ??= make())) as F
}
