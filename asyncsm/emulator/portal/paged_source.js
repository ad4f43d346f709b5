// A list that stays on the server: the parts that are looked at are fetched, and kept for a while.

export const PAGE = 100;
const KEPT_PAGES = 100;

export class PagedSource {
  /**
   * @param {(offset: number, limit: number) => Promise<{total: number, items: object[]}>} fetchPage
   * @param {() => void} changed called when there is something new to show
   */
  constructor(fetchPage, changed) {
    this.fetchPage = fetchPage;
    this.changed = changed;
    this.clear();
  }

  /** Forget everything, as after a change of the filter. */
  clear() {
    this.pages = new Map();
    this.size = 0;
    this.known = false;
    this.generation = (this.generation ?? 0) + 1;
  }

  /** The item at a position, if it has been fetched. */
  get(position) {
    return this.pages.get(Math.floor(position / PAGE))?.items[position % PAGE];
  }

  /** The position of the first item that passes a test, among those that have been fetched; or null. */
  find(test) {
    for (const [number, { items }] of this.pages) {
      const index = items.findIndex(test);
      if (index >= 0) return number * PAGE + index;
    }
    return null;
  }

  /** What is there may be old; keep showing it until it has been fetched anew. */
  expire() {
    for (const page of this.pages.values()) page.fresh = false;
  }

  /** Fetch what is missing between two positions. */
  need(first, last) {
    for (let number = Math.floor(first / PAGE); number * PAGE <= last; number += 1) {
      const page = this.pages.get(number);
      if (!page?.fresh && !page?.loading) this.load(number).catch(() => {});
    }
  }

  /** Fetch a page; what the server says about the size of the list holds. */
  async load(number) {
    const generation = this.generation;
    const page = this.pages.get(number) ?? { items: [] };
    page.loading = true;
    page.fresh = true;
    this.pages.set(number, page);
    try {
      const { total, items } = await this.fetchPage(number * PAGE, PAGE);
      if (generation !== this.generation) return;
      page.items = this.taken(items);
      this.size = total;
      this.known = true;
      this.evict(number);
      this.changed();
    } catch (error) {
      page.fresh = false;
      throw error;
    } finally {
      page.loading = false;
    }
  }

  /** What becomes of items that have been fetched; subclasses may know some already. */
  taken(items) {
    return items;
  }

  evict(near) {
    if (this.pages.size <= KEPT_PAGES) return;
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    for (const number of far.slice(0, this.pages.size - KEPT_PAGES)) this.pages.delete(number);
  }
}
