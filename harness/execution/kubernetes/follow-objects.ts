/**
 * Objects of one kind, kept up to date by a watch. A watch that breaks is begun anew, from a new list; what was listed before counts until
 * then, and when the list is refused, too, that is said instead of an old state.
 */

/** A list that a watch keeps up to date until it breaks, as the client of Kubernetes offers it. */
export interface Informer {
  on(event: 'error', listener: (error: unknown) => void): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  list(): readonly unknown[];
}

export interface Followed<Kind> {
  /** @throws whatever the API said when the objects were asked for last and could not be had */
  list(): readonly Kind[];
  stop(): Promise<void>;
}

/** Seconds before objects are asked for anew. */
const pauses = { afterBreak: 1, afterRefusal: 5 };

/** @throws whatever the API says when the objects cannot be had */
export async function followObjects<Kind>(makeInformer: () => Informer): Promise<Followed<Kind>> {
  let isStopped = false;
  let refused: { readonly error: unknown } | undefined;
  let current: Informer;

  const open = async (): Promise<Informer> => {
    const informer = makeInformer();
    let problem: { readonly error: unknown } | undefined;
    informer.on('error', (error) => {
      problem ??= { error };
      if (informer === current) openLater(pauses.afterBreak);
    });
    await informer.start();
    // A list or a watch that is refused is told to the listener only.
    if (problem === undefined) return informer;
    await informer.stop();
    throw problem.error;
  };
  const openLater = (seconds: number): void => {
    const timer = setTimeout(() => void reopen(), seconds * 1000);
    timer.unref();
  };
  const reopen = async (): Promise<void> => {
    if (isStopped) return;
    try {
      const informer = await open();
      current = informer;
      refused = undefined;
      if (isStopped) await informer.stop();
    } catch (error) {
      refused = { error };
      openLater(pauses.afterRefusal);
    }
  };
  current = await open();
  return {
    list: () => {
      if (refused !== undefined) throw refused.error;
      return current.list() as readonly Kind[];
    },
    stop: async () => {
      isStopped = true;
      await current.stop();
    },
  };
}
