/** How long things take at speed 1, milliseconds: about what a small Rancher shows. */
export const pace = Object.freeze({
  /** Processes that only change a state. */
  stateChange: 150,
  /** To pull an image that is there and start a container from it. */
  containerStart: 900,
  containerStop: 400,
  /** To make a machine and let it register. */
  hostProvision: 3_000,
});
