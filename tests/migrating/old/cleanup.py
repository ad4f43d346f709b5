"""Looks for storage accounts that nobody needs, and removes them, several at a time."""
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import azure.common
from azure.servicemanagement import ServiceManagementService

subscription, certificate, host = sys.argv[1:4]
sms = ServiceManagementService(subscription, certificate, host, None, 120)
lock = threading.Lock()
removed = []
work = queue.Queue()


def prepare(number):
    result = sms.create_storage_account('cleanup%d' % number, 'tmp' if number % 2 else 'keep', 'l', location='West US')
    sms.wait_for_operation_status(result.request_id, timeout=300)


def temporary():
    for account in sms.list_storage_accounts():
        if account.storage_service_properties.description == 'tmp':
            yield account.service_name


def size_of_key(name):
    return len(sms.get_storage_account_keys(name).storage_service_keys.primary)


def remove(name):
    sms.delete_storage_account(name)
    with lock:
        removed.append(name)


def worker():
    while True:
        name = work.get()
        try:
            properties = sms.get_storage_account_properties(name)
            with lock:
                print_later.append(properties.service_name)
        finally:
            work.task_done()


def main():
    with ThreadPoolExecutor(max_workers=4) as pool:
        futures = [pool.submit(prepare, number) for number in range(6)]
        for future in futures:
            future.result()
    with ThreadPoolExecutor(max_workers=3) as pool:
        sizes = list(pool.map(size_of_key, temporary()))
    print(sizes)
    for _ in range(2):
        thread = threading.Thread(target=worker)
        thread.daemon = True
        thread.start()
    for account in sms.list_storage_accounts():
        work.put(account.service_name)
    work.join()
    print(sorted(print_later))
    threads = []
    for name in temporary():
        thread = threading.Thread(target=remove, args=(name,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    print(sorted(removed))
    print(sorted(account.service_name for account in sms.list_storage_accounts()))
    pool = ThreadPool(2)
    print([account.url[-8:] for account in pool.map(lambda name: sms.get_storage_account_properties(name), ['cleanup0', 'cleanup2'])])
    pool.close()
    try:
        sms.get_storage_account_properties('cleanup1')
    except azure.common.AzureMissingResourceHttpError:
        print('gone')


print_later = []

if __name__ == '__main__':
    main()
